import { expect, it } from "vitest";
import { ASKED } from "../testing/asked.ts";
import { app, openConversation } from "./app-state.ts";
import { changeConversation } from "./change-conversation.ts";
import type { Take } from "./conversation.ts";
import { reroll, send, vary } from "./conversation-actions.ts";

const TAKE: Take = {
  id: "k",
  label: "",
  status: { kind: "done" },
  parts: [],
  asked: ASKED,
};

it("asks nothing while nothing can answer, and says so", () => {
  const { id } = openConversation(app.get());
  const turn = { id: "t", text: "draw", images: [], takes: [TAKE], selected: TAKE.id };
  changeConversation(id, (last) => ({ ...last, turns: [turn] }));
  send({ text: "more", images: [] });
  for (const ask of [() => reroll(id, "t"), () => vary(id, "t", TAKE)]) {
    app.set((state) => ({ ...state, notice: "" }));
    ask();
    expect(app.get().notice).toMatch(/^Nothing can answer now/);
  }
  expect(openConversation(app.get()).turns).toEqual([turn]);
});
