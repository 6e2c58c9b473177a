import {
  home
} from "./chunk-D2MY5W3S.js";
import "./chunk-XG5TTTP4.js";

// src/pages/about.ts
var About = class _About {
  constructor() {
    this.#title = "about";
    this.distance = 42195;
  }
  #title;
  static {
    this.count = 0;
  }
  get title() {
    return `${this.#title} after ${home.title}, ${++_About.count}`;
  }
}, about_default = new About();
export {
  about_default as default
};
//# sourceMappingURL=about-FUQBIC4K.js.map
