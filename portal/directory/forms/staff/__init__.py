"""The forms of the control room's pages about the directory. Start with the page that shows one."""
