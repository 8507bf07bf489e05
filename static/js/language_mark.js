// Words in another language than the text around them: <span lang="…">. A module of the rich-text editor.
import { Mark, updateAttrsDialog } from "django-prose-editor/editor";

export const Language = Mark.create({
  name: "language",
  addOptions: () => ({ languages: {}, title: "", none: "" }),
  addAttributes: () => ({ lang: { default: null } }),
  parseHTML() {
    return [{ tag: "span[lang]", getAttrs: (span) => (span.lang in this.options.languages ? null : false) }];
  },
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
  addMenuItems({ menu, buttons }) {
    const { languages, title, none } = this.options;
    const choose = async (editor) => {
      const names = [none, ...Object.values(languages)];
      const dialog = updateAttrsDialog({ lang: { title, enum: names } }, { title });
      const chosen = await dialog(editor, {});
      if (!chosen) return;
      const lang = Object.keys(languages).find((code) => languages[code] === chosen.lang);
      const chain = editor.chain().focus().extendMarkRange("language");
      (lang ? chain.setMark("language", { lang }) : chain.unsetMark("language")).run();
    };
    menu.defineItem({
      name: "language",
      groups: "language",
      command: choose,
      enabled: (editor) => !editor.state.selection.empty || editor.isActive("language"),
      active: (editor) => editor.isActive("language"),
      button: buttons.material("translate", title),
    });
  },
});
