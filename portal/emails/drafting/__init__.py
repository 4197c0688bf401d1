"""From an incident, a template and contacts to a draft for each contact.

It writes drafts in the ops database; nothing here approves or sends. Start with `drafts`, then
`template`.
"""
