"""Cut what the adapters call out of a published OpenAPI document: `python -m tests.kubernetes.extract swagger.json`.

`openapi.json` beside this file is the answer for Kubernetes 1.36: branch release-1.36 of kubernetes/kubernetes, its
api/openapi-spec/swagger.json as the official Python client for 1.36 publishes it (kubernetes-client/python, commit
ac0ee5091f0b, kubernetes/swagger.json.unprocessed). Descriptions are left out, and nothing else of what is kept.
"""

import json
import sys
from pathlib import Path
from typing import Any

SOURCE = {
    "release": "Kubernetes 1.36 (kubernetes/kubernetes, branch release-1.36)",
    "document": "api/openapi-spec/swagger.json",
    "published_in": "kubernetes-client/python at ac0ee5091f0b801911c906558030e2624a26bdf8",
    "published_as": "kubernetes/swagger.json.unprocessed",
    "license": "Apache-2.0",
}
OPERATIONS = {
    "/api/v1/nodes": "get",
    "/api/v1/nodes/{name}": "patch",
    "/api/v1/pods": "get",
    "/api/v1/namespaces/{namespace}/pods/{name}/eviction": "post",
}
# The API answers an eviction, and every refusal, with this, though the document names Eviction (eviction.go).
ANSWERED = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"


def extract(document: dict[str, Any]) -> dict[str, Any]:
    paths = {
        path: {method: document["paths"][path][method], "parameters": document["paths"][path].get("parameters", [])}
        for path, method in OPERATIONS.items()
    }
    kept: dict[str, dict[str, Any]] = {"definitions": {}, "parameters": {}}
    todo = [*_references(paths), f"#/definitions/{ANSWERED}"]
    while todo:
        _, section, name = todo.pop().split("/")
        if name not in kept[section]:
            kept[section][name] = document[section][name]
            todo += _references(kept[section][name])
    found: dict[str, Any] = _undescribed({"source": SOURCE, "paths": paths, **kept})
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [found for each in value.values() for found in _references(each)]


def _undescribed(value: Any) -> Any:
    """Leave out descriptions; a property of that name is an object, not words."""
    if isinstance(value, list):
        return [_undescribed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: _undescribed(v) for k, v in value.items() if not (k == "description" and isinstance(v, str))}


if __name__ == "__main__":
    made = extract(json.loads(Path(sys.argv[1]).read_text()))
    Path(__file__).with_name("openapi.json").write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")
