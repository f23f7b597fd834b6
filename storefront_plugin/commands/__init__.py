"""The commands of ``flask storefront``, one file a subject; they speak to the mounted `Storefront` only."""
