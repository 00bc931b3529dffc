/** ms between two words on how far apt is. */
const every = 5000;

/**
 * Makes a few lines that a person can follow of what apt says on APT::Status-Fd (apt's README.progress-reporting):
 * `dlstatus:<item>:<percent>:<what>` while it downloads, `pmstatus:<package>:<percent>:<what>` while it installs.
 */
export class AptProgress {
  #tell;
  #now;
  #from;
  #last;

  constructor(tell, now = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#from = now();
    this.#last = this.#from;
  }

  see(line) {
    const [kind, name = '', percent = ''] = line.split(':');
    if (kind !== 'dlstatus' && kind !== 'pmstatus') return;
    const now = this.#now();
    if (now - this.#last < every) return;
    this.#last = now;
    const of = `${Math.round(Number(percent))} %`;
    this.#tell(kind === 'dlstatus' ? `  apt: ${of} downloaded` : `  apt: ${of} installed, now ${name}`);
  }

  done() {
    return `the Debian packages are there (${((this.#now() - this.#from) / 1000).toFixed(0)} s)`;
  }
}
