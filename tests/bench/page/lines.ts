// A file of NDJSON, read as it streams, a batch of lines at a time.

export async function* batches(file: File, lines: number): AsyncGenerator<{ lines: string[]; bytes: number }> {
  const reader = file.stream().getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let batch: string[] = [];
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    const found = (rest + (value ? decoder.decode(value, { stream: true }) : decoder.decode())).split('\n');
    rest = done ? '' : found.pop()!;
    bytes += value?.length ?? 0;
    for (const line of found) if (line !== '') batch.push(line);
    while (batch.length >= lines) yield { lines: batch.splice(0, lines), bytes };
    if (done) break;
  }
  if (batch.length > 0) yield { lines: batch, bytes };
}

/** Whose record a line belongs to. A peer needs to know no more of FHIR than this, and checks nothing. */
export function patientOf(resource: any): string {
  if (resource.resourceType === 'Patient') return resource.id;
  const reference: string = resource.subject?.reference ?? resource.patient?.reference ?? '';
  return reference.slice(reference.lastIndexOf('/') + 1);
}
