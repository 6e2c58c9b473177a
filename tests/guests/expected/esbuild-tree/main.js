import {
  __commonJS,
  __toESM
} from "./chunk-XG5TTTP4.js";

// node_modules/@scope/units/units.js
var require_units = __commonJS({
  "node_modules/@scope/units/units.js"(exports) {
    exports.kilometres = (metres) => `${metres / 1e3} km`;
    exports.miles = (metres) => metres / 1609.344 + " mi";
  }
});

// node_modules/tiny-emitter/lib/index.mjs
var Emitter = class {
  listeners = /* @__PURE__ */ new Set();
  on(listener) {
    this.listeners.add(listener);
  }
  emit(event) {
    for (let listener of this.listeners) listener(event);
  }
};

// src/main.tsx
var units = __toESM(require_units());

// assets/settings.json
var settings_default = { theme: "dark", unused: [1, 2, 3] };

// assets/notice.txt
var notice_default = `Quoted "text" of a file
`;

// src/lib/element.ts
function h(name, attributes, ...children) {
  let element = Object.assign(document.createElement(name), attributes ?? {});
  return element.append(...children), element;
}

// src/main.tsx
var events = new Emitter();
events.on((page) => {
  open(page);
});
async function open(name) {
  let page = name === "about" ? (await import("./about-FUQBIC4K.js")).default : (await import("./pages-VLUX53QJ.js")).home;
  document.body.append(/* @__PURE__ */ h("main", { class: settings_default.theme }, page.title, " ", units.kilometres(page.distance ?? 0), " ", notice_default));
}
events.emit("about");
//# sourceMappingURL=main.js.map
