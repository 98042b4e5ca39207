// Traces for people and other tools: text, JSON Lines, Perfetto, ShiViz, SVG, and the flow of the last events.

export { type TraceOutput, traceCommand, writeTrace } from "./command.ts";
export { isEverything } from "./convert.ts";
export { parseEvent, type TraceEvent } from "./event.ts";
export { flowLines } from "./flow.ts";
export { everything, type Filter } from "./filter.ts";
export { openTrace, readLines, type ReadTrace } from "./read.ts";
export { type Format, formats, parseRequest, traceOptions, type TraceRequest } from "./request.ts";
export { readStory, type Story } from "./story.ts";
export { textLine } from "./text.ts";
