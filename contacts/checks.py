from contacts.models import Contact
from website.launch import to_confirm


@to_confirm("contacts.launch")
def contacts(edition):
    where = "Admin: contacts; the titles and units in Swedish and English as well."
    for contact in edition.contacts:
        yield f"that this contact is current: {contact.name or contact.heading}", where
    if not any(contact.kind == Contact.Kind.MAILBOX for contact in edition.contacts):
        yield "the e-mail address of the innovation network", "Admin: contacts, the mailbox has no address yet."
