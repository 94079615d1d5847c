import { completeArea } from "../commands/completion.js";
import { OutlineTool } from "./outline_tool.js";

export const area = new OutlineTool(
  {
    id: "area",
    title: "This area is complete",
    icon: "M3 5h18v14H3zM7.500 12.500l3 3 6-7",
    keys: ["Shift+A"],
    hint: "Outline the part in which every object is annotated: only that is learned from. Enter closes it.",
  },
  (editor, ring) => void completeArea(editor, ring),
  () => "#5ec98f",
);
