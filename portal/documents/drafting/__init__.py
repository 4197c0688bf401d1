"""What people write before it is published: drafts, their saving, and texts to begin with.

It reads and writes drafts in the ops database and knows no page. Start with `drafts`.
"""
