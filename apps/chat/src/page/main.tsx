import { render } from "preact";

render(<h1>Interfuse</h1>, document.getElementById("page") as HTMLElement);
