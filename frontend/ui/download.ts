/** Saves text as a file of this name, made in the browser. */
export function download(name: string, text: string, type = 'text/plain') {
  const href = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
  // The browser reads the URL after the click has returned.
  setTimeout(() => {
    URL.revokeObjectURL(href);
  }, 1_000);
}
