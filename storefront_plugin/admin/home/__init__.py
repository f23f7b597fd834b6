"""The merchant's first page: what is active, what needs attention, how the parts are doing."""
