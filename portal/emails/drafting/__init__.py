"""Creates drafts from an incident, a template and contacts, one for each contact.

It writes drafts in the ops database; nothing here approves or sends. Start with `drafts`, then
`template`.
"""
