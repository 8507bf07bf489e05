"""A page as a test reads it: its elements in order, each with its attributes, its text and what it stands in."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.pieces = []

    def __repr__(self):
        return f"<{self.tag} {self.attributes}>"

    def __getitem__(self, name):
        return self.attributes.get(name)

    @property
    def text(self):
        return " ".join("".join(self.pieces).split())

    @property
    def above(self):
        """The elements it stands in, the innermost first."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    @property
    def lang(self):
        return next(e["lang"] for e in (self, *self.above) if e["lang"])


class Markup(HTMLParser):
    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self._open = [], None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self.elements.append(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        for element in (self._open, *self._open.above) if self._open else ():
            if element.tag == tag:
                self._open = element.parent
                break

    def handle_data(self, data):
        for element in (self._open, *self._open.above) if self._open else ():
            element.pieces.append(data)

    def all(self, *tags, **attributes):
        """Elements of these tags with these attributes; rel="canonical" asks for the whole value, class_ for a word."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if (not tags or element.tag in tags)
            and all(
                value in (element[name] or "").split() if name == "class" else element[name] == value
                for name, value in wanted.items()
            )
        ]

    def one(self, *tags, **attributes):
        found = self.all(*tags, **attributes)
        assert len(found) == 1, f"{len(found)} of {tags} {attributes}"
        return found[0]

    @property
    def text(self):
        return " ".join(element.text for element in self.all("body"))
