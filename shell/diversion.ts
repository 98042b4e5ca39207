// Where our output goes while a command is run for its trace alone: nowhere.

let muted = false;

/** Mutes or unmutes; returns what held before. */
export function muteOutput(mute: boolean): boolean {
  const before = muted;
  muted = mute;
  return before;
}

export function outputIsMuted(): boolean {
  return muted;
}
