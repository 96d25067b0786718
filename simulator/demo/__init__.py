"""A demonstration: whole lives of Capacity Blocks on the local AWS, told on the terminal and as a page."""
