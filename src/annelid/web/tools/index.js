// The tools, in the order of the tool bar.

import { area } from "./area.js";
import { assist } from "./assist.js";
import { box } from "./box.js";
import { brush, eraser } from "./brush.js";
import { cut } from "./cut.js";
import { ellipse } from "./ellipse.js";
import { freehand } from "./freehand.js";
import { point } from "./point.js";
import { polygon } from "./polygon.js";
import { rotatedBox } from "./rotated_box.js";
import { select } from "./select.js";

/** @type {import("../types.js").Tool[]} */
export const TOOLS = [select, assist, polygon, freehand, brush, eraser, cut, box, ellipse, rotatedBox, point, area];
