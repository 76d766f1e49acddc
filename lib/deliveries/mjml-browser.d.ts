// What this project uses of mjml-browser 5.4, which has no types of its own.

declare module 'mjml-browser' {
  interface MjmlOptions {
    readonly validationLevel: 'soft';
    readonly keepComments: boolean;
    /** Name → address of a style sheet; those named in the source are linked. */
    readonly fonts: { readonly [name: string]: string };
  }
  interface MjmlResult {
    readonly html: string;
    readonly errors: readonly { readonly line: number; readonly tagName: string; readonly message: string }[];
  }
  /** Throws where the source is no MJML document. */
  const compile: (source: string, options: MjmlOptions) => Promise<MjmlResult> | MjmlResult;
  export default compile;
}
