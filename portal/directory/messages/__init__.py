"""Messages of visitors to the owner of a studio, and the owner's answers.

They are rows of the directory; what is sent by mail is queued in the same transaction. No function
gives an owner's address to a page of a visitor. Start with `service`.
"""
