/** `npm run demo [-- --minutes N | --steps N | --fresh]`: sets everything up, then trains and shows a joint text-image model. */
import { exitOnFailure, runNode, startNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

const FLAGS = process.argv.slice(2);

const start = performance.now();
let scenes;
const { downloadSeconds } = setUp({
  // Getting and compiling the backend leaves a processor idle for some of the time.
  onBuilt: () => {
    scenes = startNode("apps/train/dist/demo/make-scenes-ahead-main.js", FLAGS);
  },
});
exitOnFailure(await scenes);
// The demo fits its training into what set-up leaves of its minutes; downloads do not count.
const elapsed = Math.round((performance.now() - start) / 1000 - downloadSeconds);
const flags = FLAGS.filter((flag) => flag !== "--fresh"); // done with the scenes
exitOnFailure(runNode("apps/train/dist/demo/main.js", ["--elapsed", String(elapsed), ...flags]));
