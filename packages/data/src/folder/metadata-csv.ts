/** `metadata.csv` as rows: a header that names the columns, `file_name` and `text` among them, and one picture a record. */
import { CsvError, parse } from "csv-parse/sync";

const COLUMNS = ["file_name", "text"];

type CsvRecord = { readonly fields: readonly string[]; readonly line: number };

/**
 * The records below the header, by column, each with the line it starts in (from 1); empty lines are skipped.
 *
 * @throws Error naming file and line when a column is missing or doubled, a record has more or fewer columns than the header,
 *   or quotes do not match.
 */
export function parseMetadataCsv(text: string, file: string): { value: unknown; line: number }[] {
  const [header, ...records] = parseRecords(text, file);
  for (const column of COLUMNS) {
    if (header?.fields.filter((name) => name === column).length !== 1) {
      throw new Error(
        `${file}, line ${header?.line ?? 1}: must name the column "${column}" once (it names ${header?.fields.join(", ") || "nothing"}); columns are separated by commas`,
      );
    }
  }
  const names = header?.fields ?? [];
  return records.map(({ fields, line }) => {
    if (fields.length !== names.length) {
      throw new Error(
        `${file}, line ${line}: has ${fields.length} columns, the header ${names.length}; put a caption with commas in double quotes`,
      );
    }
    return { value: Object.fromEntries(names.map((name, index) => [name, fields[index]])), line };
  });
}

function parseRecords(text: string, file: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  const collect = (fields: string[], { lines }: { lines: number }) => {
    const isEmpty = fields.length === 1 && fields[0] === "";
    if (!isEmpty) records.push({ fields, line });
    line = lines + 1;
    return null;
  };
  try {
    const options = { bom: true, trim: true, relax_column_count: true, record_delimiter: "\n", on_record: collect };
    parse(text.replace(/\r\n?/g, "\n"), options);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new Error(`${file}, line ${line}: not valid CSV (${cause.message})`, { cause });
  }
  return records;
}
