import { home, type Page } from '.';
class About implements Page {
  #title = 'about';
  static count = 0;
  readonly distance = 42_195;
  get title() { return `${this.#title} after ${home.title}, ${++About.count}`; }
}
export default new About();
