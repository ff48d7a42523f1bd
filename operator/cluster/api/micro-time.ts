/** metav1.MicroTime: the server refuses times without exactly six digits after the second. */
export function formatMicroTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
