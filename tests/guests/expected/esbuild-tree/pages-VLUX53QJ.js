import {
  home
} from "./chunk-D2MY5W3S.js";
import "./chunk-XG5TTTP4.js";
export {
  home
};
//# sourceMappingURL=pages-VLUX53QJ.js.map
