"""An entry through its life: applied for, checked, kept alive, changed, gone (REG-1 … REG-3). Pure."""
