"""The merchant's pages about bundles: list, editor, history, codes, files and proposals."""
