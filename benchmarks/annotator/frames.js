// Notes when frames were shown, and when the image was drawn first. Runs in the page before its own scripts.

const frames = { times: [], isOn: false, firstPaint: null };
globalThis.benchmarkFrames = frames;

function note(time) {
  if (!frames.isOn) return;
  frames.times.push(time);
  requestAnimationFrame(note);
}

frames.start = () => {
  frames.times = [];
  frames.isOn = true;
  requestAnimationFrame(note);
};

/** Milliseconds between one frame and the next. */
frames.stop = () => {
  frames.isOn = false;
  return frames.times.slice(1).map((time, n) => time - frames.times[n]);
};

/** Where a context of the viewer's lowest canvas draws pixels, the image is there with the next frame. */
function watch(kind, method) {
  const before = kind?.prototype[method];
  if (!before) return;
  kind.prototype[method] = function (...given) {
    const result = before.apply(this, given);
    const canvas = this.canvas;
    if (frames.firstPaint === null && canvas.isConnected && canvas === canvas.parentElement?.querySelector("canvas")) {
      frames.firstPaint = -1;
      requestAnimationFrame(() => (frames.firstPaint = performance.now()));
    }
    return result;
  };
}

watch(globalThis.WebGL2RenderingContext, "drawArrays");
watch(globalThis.WebGL2RenderingContext, "drawElements");
watch(globalThis.CanvasRenderingContext2D, "drawImage");
watch(globalThis.CanvasRenderingContext2D, "putImageData");
