// How many segments an SMS is sent and charged as. A segment has 140 bytes: 160 characters of the GSM 7-bit alphabet
// (characters of its extension count two), or 70 UTF-16 units where any character is outside it; in a message of
// several, each gives 6 bytes to the header that joins them: 153 or 67.
// Source: 3GPP TS 23.038 (alphabet) and TS 23.040 section 9.2.3.24.1 (concatenation).

export interface SmsSize {
  readonly encoding: 'gsm-7' | 'ucs-2';
  /** In the units of the encoding. */
  readonly length: number;
  readonly segments: number;
}

export const smsSize = (text: string): SmsSize => {
  const gsmLength = gsmLengthOf(text);
  return gsmLength === undefined
    ? { encoding: 'ucs-2', length: text.length, segments: segmentsOf(text.length, 70, 67) }
    : { encoding: 'gsm-7', length: gsmLength, segments: segmentsOf(gsmLength, 160, 153) };
};

const segmentsOf = (length: number, alone: number, joined: number): number =>
  length <= alone ? 1 : Math.ceil(length / joined);

/** Undefined when a character is in neither table. */
const gsmLengthOf = (text: string): number | undefined => {
  let length = 0;
  for (const character of text) {
    if (!basic.has(character) && !extension.has(character)) {
      return undefined;
    }
    length += extension.has(character) ? 2 : 1;
  }
  return length;
};

const basic: ReadonlySet<string> = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extension = new Set('\f^{}\\[~]|€');
