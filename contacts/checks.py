from contacts.models import Contact
from website.launch import to_confirm


@to_confirm("contacts.launch")
def contacts(edition):
    for contact in edition.contacts:
        yield f"that this contact is current: {contact.name or contact.heading}", "Admin: contacts."
    if not any(contact.kind == Contact.Kind.MAILBOX for contact in edition.contacts):
        yield "the e-mail address of the innovation network", "Admin: contacts, the mailbox has no address yet."
