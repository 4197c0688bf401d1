"""What a person does with their own account: password, address, mails, data, deletion.

Each service takes the id of the person, locks their row and reads again under the lock. Start with
`overview` (what the account's page shows), then `deletion`.
"""
