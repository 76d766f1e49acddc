// Bits of S3's wire format: XML elements, and the aws-chunked encoding the SDK uses for streams
// (hex length[;extensions] CRLF data CRLF … 0 CRLF trailers).

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const element = (name: string, text: string): string => `<${name}>${escapeXml(text)}</${name}>`;

export const decodeAwsChunked = (body: Buffer): Buffer => {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const lineEnd = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(length)) {
      throw new Error('s3: the body is not aws-chunked, although its headers say so');
    }
    if (length === 0) {
      break;
    }
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
  return Buffer.concat(chunks);
};
