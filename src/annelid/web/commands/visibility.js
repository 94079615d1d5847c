/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function visibilityActions(editor) {
  const group = "Show";
  const some = () => editor.selection.value.size > 0;
  return [
    {
      id: "hide",
      title: "Hide what is selected",
      group,
      keys: ["h"],
      run: () => hide(editor, [...editor.selection.value]),
      when: some,
    },
    {
      id: "hide-others",
      title: "Hide all others",
      group,
      keys: ["Alt+H"],
      run: () => hide(editor, others(editor)),
      when: some,
    },
    {
      id: "show-all",
      title: "Show what is hidden",
      group,
      keys: ["Shift+H"],
      run: () => (editor.hidden.value = new Set()),
    },
    {
      id: "toggle-all",
      title: "Hide or show all objects, to see the picture",
      group,
      keys: ["w"],
      run: () => toggleAll(editor),
    },
    {
      id: "lock",
      title: "Lock or unlock what is selected",
      group,
      keys: ["Shift+K"],
      run: () => toggleLock(editor),
      when: some,
    },
    { id: "unlock-all", title: "Unlock all", group, keys: ["Alt+K"], run: () => (editor.locked.value = new Set()) },
  ];
}

/**
 * @param {Editor} editor
 * @param {string[]} ids
 */
function hide(editor, ids) {
  const gone = new Set(ids);
  editor.hidden.value = new Set([...editor.hidden.value, ...gone]);
  editor.selection.value = new Set([...editor.selection.value].filter((id) => !gone.has(id)));
}

/** @param {Editor} editor */
function others(editor) {
  return [...editor.store.objects.keys()].filter((id) => !editor.selection.value.has(id));
}

/** @param {Editor} editor */
function toggleAll(editor) {
  const ids = [...editor.store.objects.keys()];
  const areHidden = ids.length > 0 && ids.every((id) => editor.hidden.value.has(id));
  editor.hidden.value = new Set(areHidden ? [] : ids);
}

/** @param {Editor} editor */
function toggleLock(editor) {
  const chosen = [...editor.selection.value];
  const areLocked = chosen.every((id) => editor.locked.value.has(id));
  const rest = [...editor.locked.value].filter((id) => !chosen.includes(id));
  editor.locked.value = new Set(areLocked ? rest : [...rest, ...chosen]);
}
