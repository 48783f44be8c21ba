"""工作量与均衡: what each grid has to look after, which are too heavy, and where to part them."""
