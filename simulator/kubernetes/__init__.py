"""A Kubernetes cluster on loopback: what a drain sees of it, over HTTPS, in virtual time.

Its rules are those of kubernetes/kubernetes: evictions as in pkg/registry/core/pod/storage/eviction.go, budgets as in
pkg/controller/disruption. What a controller does takes no time unless the cluster is told otherwise.
"""
