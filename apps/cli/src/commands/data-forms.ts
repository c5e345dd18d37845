/** What a data set may be, for the help of the commands that read one. */
export const DATA_FORMS =
  "a folder of pictures captioned by metadata.jsonl, metadata.csv or a .txt beside each, or one with chat.jsonl";
