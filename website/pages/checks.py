from website.publishing.launch import to_confirm


@to_confirm("pages.launch")
def statements(edition):
    yield "the privacy notice: its legal basis, retention and addresses", "Admin: pages, data protection."
    yield "the accessibility statement: its assessment, its date and the unit that answers", "Admin: pages, statement."
    yield "the addresses of the registry and the switchboard", "Admin: pages, feedback."
