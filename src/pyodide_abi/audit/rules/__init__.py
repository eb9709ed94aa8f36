"""The rules, one file each, named by the defect."""
