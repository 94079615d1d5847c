/**
 * What a click does while one looks at another plane than the one that is annotated: nothing, and it says why.
 * @type {import("../types.js").Tool}
 */
export const look = {
  id: "look",
  title: "Look",
  icon: "",
  keys: [],
  cursor: "not-allowed",
  hint: "Another plane than the one that is annotated, whose outlines are shown: annotate it (Alt+P), or go back.",
  down(event, editor) {
    if (event.button === 0)
      editor.notify("This is not the plane that is annotated: annotate it (Alt+P), or go back to it.", "warning");
  },
};
