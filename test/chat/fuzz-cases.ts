/** Malformed and hostile requests, made from a seed. */
import { crc32, deflateSync } from "node:zlib";
import { Generator as Random } from "@interfuse/tensor";

/** A request, and whether nothing but an error can be right. */
export type FuzzCase = {
  readonly name: string;
  readonly path: string;
  readonly init: RequestInit & { headers?: Record<string, string> };
  readonly mustFail: boolean;
};

const PATHS = ["/v1/chat/completions", "/v1/images/generations", "/v1/images/edits", "/api/chat"] as const;
const JSON_HEADERS = { "content-type": "application/json" };

/** One white pixel. */
const PIXEL = pngFile(1, 1, Buffer.from([0, 255, 255, 255]));
const PIXEL_URL = `data:image/png;base64,${PIXEL.toString("base64")}`;

/** A body of each path that is answered, quickly. */
export function validBody(path: string): Record<string, unknown> {
  if (path === "/v1/chat/completions") {
    const content = [
      { type: "text", text: "hello" },
      { type: "image_url", image_url: { url: PIXEL_URL } },
    ];
    return { model: "talker", messages: [{ role: "user", content }], max_tokens: 2, stream: false, n: 1, seed: 1 };
  }
  if (path === "/api/chat") {
    return { id: "a", messages: [{ id: "b", role: "user", parts: [{ type: "text", text: "a" }] }], max_tokens: 2 };
  }
  const drawing = { model: "talker", prompt: "a", n: 1, size: "8x8", steps: 1, seed: 1, partial_images: 0 };
  return path === "/v1/images/edits" ? { ...drawing, image: PIXEL_URL } : drawing;
}

/** URLs that lead somewhere they must not, or nowhere. */
const HOSTILE_URLS = [
  "http://127.0.0.1:22/",
  "http://169.254.169.254/latest/meta-data/",
  "https://[::1]/a.png",
  "https://[::ffff:127.0.0.1]/a.png",
  "https://0x7f.1/a.png",
  "https://2130706433/a.png",
  "https://localhost/a.png",
  "https://user:password@example.org/a.png",
  "file:///etc/passwd",
  "/etc/passwd",
  "../../../etc/passwd",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "ftp://example.org/a.png",
  "javascript:alert(1)",
  "https://example.org/../../v1/files/../content",
  "/v1/files/img_AAAAAAAAAAAAAAAAAAAAAA/content",
  "data:text/html;base64,PHNjcmlwdD4=",
  "data:image/svg+xml;base64,PHN2Zy8+",
  "data:image/png;base64,",
  "data:image/png;base64,AAAA",
  "data:image/png,notbase64",
  "data:",
  "",
];

/** Values that no field is made for. */
const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  -0.5,
  2 ** 53,
  1e9,
  "",
  "NaN",
  "\u0000",
  "\ud800",
  "<|boi|><|eos|>",
  "../../etc/passwd",
  "%00%2e%2e%2f",
  "a".repeat(5000),
  [],
  {},
  [[]],
  [null],
  { __proto__: null, toString: 1 },
  { constructor: { prototype: {} } },
];

/** Files that claim to be pictures. */
function hostileFiles(): Buffer[] {
  const bomb = pngFile(60_000, 60_000, Buffer.alloc(64));
  const animated = Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(64, 0xff)]);
  return [
    bomb,
    PIXEL.subarray(0, 30),
    Buffer.concat([PIXEL.subarray(0, 8), Buffer.from("<script>alert(1)</script>")]),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    Buffer.from("%PDF-1.7"),
    Buffer.from("RIFF\x10\0\0\0WEBPVP8 garbage", "latin1"),
    Buffer.from("\xff\xd8\xff\xe0garbage", "latin1"),
    animated,
    Buffer.alloc(0),
  ];
}

/** `count` cases, the same for the same seed. */
export function* fuzzCases(count: number, seed = 1): Generator<FuzzCase, void, undefined> {
  const makers = [mutatedField, brokenJson, hostileUrl, hostileFile, brokenForm, strangePath, strangeHeaders];
  for (let index = 0; index < count; index++) {
    const random = new Random(seed).fork(index);
    const make = makers[index % makers.length] as (random: Random) => FuzzCase;
    yield make(random);
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)] as T;
}

/** A valid body with one value, somewhere, replaced or taken out. */
function mutatedField(random: Random): FuzzCase {
  const path = pick(random, PATHS);
  const body = validBody(path);
  const where = pick(random, pathsIn(body));
  const value = random.uniform() < 0.15 ? undefined : pick(random, HOSTILE_VALUES);
  return posted(path, `${where.join(".")} = ${JSON.stringify(value)?.slice(0, 40)}`, replaceAt(body, where, value));
}

function brokenJson(random: Random): FuzzCase {
  const path = pick(random, PATHS);
  const text = JSON.stringify(validBody(path));
  const at = random.integer(text.length - 1) + 1;
  const bodies: [string, string | Uint8Array][] = [
    ["truncated", text.slice(0, at)],
    ["a byte changed", `${text.slice(0, at)}\u0001${text.slice(at)}`],
    ["deeply nested", "[".repeat(50_000)],
    ["deeply nested, closed", `${"[".repeat(20_000)}${"]".repeat(20_000)}`],
    ["deep in a field", `{"model":"talker","messages":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`],
    ["empty", ""],
    ["a number", "1e999"],
    ["null", "null"],
    ["not UTF-8", Uint8Array.from([0xff, 0xfe, 0x7b, 0x7d])],
    ["many keys", `{${Array.from({ length: 3000 }, (_, i) => `"k${i}":1`).join(",")}}`],
    ["a prototype", '{"__proto__":{"model":"talker"},"constructor":1}'],
  ];
  const [name, body] = pick(random, bodies);
  return { name, path, init: { method: "POST", headers: JSON_HEADERS, body: body as BodyInit }, mustFail: true };
}

function hostileUrl(random: Random): FuzzCase {
  const url = pick(random, HOSTILE_URLS);
  return { ...posted(...pictureBody(random, url)), mustFail: true };
}

function hostileFile(random: Random): FuzzCase {
  const file = pick(random, hostileFiles());
  if (random.uniform() < 0.5) {
    const type = pick(random, ["image/png", "image/jpeg", "application/octet-stream", "image/svg+xml"]);
    return {
      ...posted(...pictureBody(random, `data:${type};base64,${file.toString("base64")}`)),
      mustFail: true,
    };
  }
  const name = pick(random, ["../../../etc/passwd", "a.png", "C:\\a.png", "\u0000.png", "a".repeat(3000)]);
  const form = new FormData();
  form.append("prompt", "a");
  form.append(
    pick(random, ["image", "image[]", "mask"]),
    new File([new Uint8Array(file)], name, { type: "image/png" }),
  );
  return { name: "hostile file", path: "/v1/images/edits", init: { method: "POST", body: form }, mustFail: true };
}

function brokenForm(random: Random): FuzzCase {
  const pixel = PIXEL.toString("latin1");
  const field = (name: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n${pixel}\r\n`;
  const bodies: [string, string, string][] = [
    ["no end", `${field("prompt", "a")}${file}`, "multipart/form-data; boundary=x"],
    ["no boundary", `${field("prompt", "a")}--x--`, "multipart/form-data"],
    ["another boundary", `${field("prompt", "a")}--x--`, "multipart/form-data; boundary=y"],
    ["no picture", `${field("prompt", "a")}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["no prompt", `${file}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["counts", `${field("prompt", "a")}${field("n", "1e9")}${file}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["not a number", `${field("prompt", "a")}${field("n", "two")}${file}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["many fields", `${field("prompt", "a").repeat(500)}${file}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["headers alone", "--x\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=x"],
    [
      "a prototype",
      `${field("__proto__", "a")}${field("prompt", "")}${file}--x--\r\n`,
      "multipart/form-data; boundary=x",
    ],
    ["empty", "", "multipart/form-data; boundary=x"],
  ];
  const [name, body, type] = pick(random, bodies);
  const init = { method: "POST", headers: { "content-type": type }, body: Buffer.from(body, "latin1") as BodyInit };
  return { name: `form: ${name}`, path: "/v1/images/edits", init, mustFail: true };
}

function strangePath(random: Random): FuzzCase {
  const path = pick(random, [
    "/v1/files/..%2f..%2fetc%2fpasswd/content",
    "/v1/files/%2e%2e/content",
    "/v1/files/img_%00/content",
    "/v1/files/img_AAAAAAAAAAAAAAAAAAAAAA/content",
    `/v1/files/${"a".repeat(4000)}/content`,
    "/v1/models/..%2f..%2fconfig.json",
    "/v1/models/%ff%fe",
    "/v1/models/%",
    "/v1/models/__proto__",
    "/v1/chat/completions/../../../etc/passwd",
    "/etc/passwd",
    "//evil.example/",
    "/.env",
    "/v1/chat/completions?model=talker",
  ]);
  return { name: path.slice(0, 60), path, init: { method: pick(random, ["GET", "DELETE", "PUT"]) }, mustFail: true };
}

function strangeHeaders(random: Random): FuzzCase {
  const path = pick(random, PATHS);
  const headers = pick(random, [
    { "content-type": "text/plain" },
    { "content-type": "application/json; charset=\u00ff" },
    { "content-type": "multipart/form-data" },
    { "content-type": "" },
    { ...JSON_HEADERS, origin: "https://evil.example" },
    { ...JSON_HEADERS, origin: "null" },
    { ...JSON_HEADERS, "idempotency-key": "a".repeat(300) },
    { ...JSON_HEADERS, "x-stainless-retry-count": "NaN", "x-stainless-timeout": "-1" },
    { ...JSON_HEADERS, authorization: `Bearer ${"a".repeat(6000)}` },
    { ...JSON_HEADERS, "content-encoding": "gzip" },
  ]);
  const body = JSON.stringify(validBody(path));
  return { name: JSON.stringify(headers).slice(0, 60), path, init: { method: "POST", headers, body }, mustFail: false };
}

function posted(path: string, name: string, body: unknown): FuzzCase {
  return { name, path, init: { method: "POST", headers: JSON_HEADERS, body: JSON.stringify(body) }, mustFail: false };
}

/** A body that names a picture in one of the places for it. */
function pictureBody(random: Random, url: string): [string, string, unknown] {
  const name = `picture ${url.slice(0, 40)}`;
  const path = pick(random, ["/v1/chat/completions", "/v1/images/edits", "/api/chat"] as const);
  if (path === "/v1/images/edits") return [path, name, { prompt: "a", image: url }];
  if (path === "/api/chat") {
    const parts = [{ type: "file", mediaType: "image/png", url }];
    return [path, name, { id: "a", messages: [{ id: "b", role: "user", parts }] }];
  }
  const content = [{ type: "image_url", image_url: { url } }];
  return [path, name, { model: "talker", messages: [{ role: "user", content }], max_tokens: 1 }];
}

/** Every place in a value, as keys. */
function pathsIn(value: unknown, prefix: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...prefix, key], ...pathsIn(inner, [...prefix, key])]);
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  const name = key as string;
  copy[name] = rest.length === 0 ? replacement : replaceAt(copy[name], rest, replacement);
  return copy;
}

/** A PNG that claims a size, whatever its data holds. */
function pngFile(width: number, height: number, rows: Buffer): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const bytes = Buffer.alloc(12 + data.length);
    bytes.writeUInt32BE(data.length, 0);
    bytes.write(type, 4, "latin1");
    data.copy(bytes, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
