"""Pages of HR that writes letters, and of the person who redeems one."""
