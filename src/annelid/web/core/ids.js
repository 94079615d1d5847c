/** A fresh id: 32 hexadecimal digits, as the server's own; `crypto.randomUUID` needs loopback or https. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
