"""What every page of the ops console shares. Nothing is editable unless its admin says so; staff acts by operations."""
