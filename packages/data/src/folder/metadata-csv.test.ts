import { expect, test } from "vitest";
import { parseMetadataCsv } from "./metadata-csv.ts";

const rows = (text: string) => parseMetadataCsv(text, "metadata.csv");

test("byte order mark, CRLF, quotes, newlines in them, empty lines, other columns in any order", () => {
  const text = [
    "\ufefftext,file_name,licence",
    '"a cat, ""black""", a.png , x',
    "",
    '"two',
    'lines",b.png,',
    "plain,sub/ü.png,y",
    "  ",
    "",
  ];
  const expected = [
    { value: { text: 'a cat, "black"', file_name: "a.png", licence: "x" }, line: 2 },
    { value: { text: "two\nlines", file_name: "b.png", licence: "" }, line: 4 },
    { value: { text: "plain", file_name: "sub/ü.png", licence: "y" }, line: 6 },
  ];
  for (const lineEnd of ["\n", "\r\n", "\r"]) expect(rows(text.join(lineEnd))).toEqual(expected);
  expect(rows(`${text.slice(0, 2).join("\r\n")}\n${text.slice(2).join("\n")}`)).toEqual(expected);
});

test("a header alone has no rows", () => {
  expect(rows("file_name,text\n")).toEqual([]);
});

test.each([
  ["", /metadata\.csv, line 1: must name the column "file_name" once \(it names nothing\)/],
  ["picture,text\na.png,x", /line 1: must name the column "file_name" once \(it names picture, text\)/],
  ["\nfile_name;text\na.png;x", /line 2: must name the column "file_name" once \(it names file_name;text\).*commas/],
  ["file_name,caption\na.png,x", /line 1: must name the column "text" once/],
  ["file_name,text,text\na.png,x,y", /line 1: must name the column "text" once/],
  ['file_name,text\na.png,"x\ny"\n\nb.png,a cat, black', /line 5: has 3 columns, the header 2; .*double quotes/],
  ["file_name,text\na.png,x\nb.png", /line 3: has 1 columns, the header 2/],
  ['file_name,text\n\na.png,"x\nb.png,y\n', /line 3: not valid CSV \(Quote Not Closed/],
  ['file_name,text\na.png,a 12" ruler', /line 2: not valid CSV \(Invalid Opening Quote/],
  ['file_name,text\na.png,"x"y', /line 2: not valid CSV \(Invalid Closing Quote/],
])("what is wrong is named with its line: %j", (text, message) => {
  expect(() => rows(text)).toThrow(message);
});
