// Links lead where readers can follow them. What is typed becomes a link only where it is written as an address: README.md
// is none. What is pasted is paste.js's. A module of the rich-text editor.
import { Link as LibraryLink } from "django-prose-editor/editor";

const ADDRESS = /^(https?:\/\/|www\.|mailto:|tel:)|^[^\s@/]+@[^\s@/]+$/i;
const FOLLOWED = /^((https?|mailto|tel):|\/(?![/\\]))/i;

export const Link = LibraryLink.extend({
  addOptions() {
    return {
      ...this.parent?.(),
      defaultProtocol: "https",
      linkOnPaste: false,
      shouldAutoLink: (written) => ADDRESS.test(written),
      isAllowedUri: (href) => FOLLOWED.test(href) || ADDRESS.test(href), // also as it is typed
    };
  },
  addPasteRules: () => [],
});
