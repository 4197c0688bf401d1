"""Pictures that owners upload: checked, encoded in a process of their own, stored by their hash.

Only the child process decodes files; the store is a folder or an object store (STORAGE_URL). Rows
are written after the files are stored, and files are deleted by a daily job alone. Start with
`service`.
"""
