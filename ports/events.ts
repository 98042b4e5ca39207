// The trace: one event for each step of a journey, named `area.step`, with ids and no free text.

/** Whoever collects a host's trace. `wants` spares the cost of building an event nobody keeps. */
export interface TraceSink {
  readonly wants: boolean;
  emit(event: string, ids: Readonly<Record<string, unknown>>): void;
}
