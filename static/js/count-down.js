// Time that is left, counted on by the browser; the server wrote the first figure and decides by its own clock.
class CountDown extends HTMLElement {
  connectedCallback() {
    this.end = Date.now() + Number(this.dataset.left) * 1000;
    this.timer = setInterval(() => this.show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const left = Math.max(0, Math.round((this.end - Date.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60), left % 60];
    this.textContent = hours ? `${two(hours)}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
    if (left) return;
    clearInterval(this.timer);
    if ("reload" in this.dataset) location.reload();
  }
}
customElements.define("count-down", CountDown);
