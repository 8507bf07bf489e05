from website.launch import to_confirm


@to_confirm("declaration.launch")
def declaration(edition):
    declaration = edition.declaration("declaration")
    if not declaration.document_url_fi:
        yield "the address of the Finnish declaration document", "Admin: declaration."
    yield (
        f"the number of adherents: {declaration.adherents} as of {declaration.adherents_as_of}",
        "Admin: declaration. The OECD’s compendium has today’s figure.",
    )
    if declaration.instrument_url:
        yield f"that the OECD’s own page opens: {declaration.instrument_url}", "Admin: declaration."
    yield (
        "the official Swedish and English names of the declaration and of ‘commitment’",
        "Admin: declaration; the name of the site is in locale/.",
    )
