const full = /ENOSPC|No space left on device|enough free space in/i;
const forbidden = /\b(EACCES|EPERM|EROFS)\b/;
const unreachable =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;
const noMirror =
  /Temporary failure resolving|Could not (resolve|connect)|Connection (timed out|refused)|Network is unreachable/i;

/** What npm's words mean for a person, and what to do; `folder` is the project's. */
export function whyNpmFailed(output, folder) {
  if (full.test(output))
    return `there is no room on the disk for the npm packages: make room for half a gigabyte in ${folder}, and for as much in npm's cache ('npm config get cache').`;
  if (forbidden.test(output))
    return `npm was not allowed to write: ${folder} and npm's cache ('npm config get cache') must belong to who runs this.`;
  if (unreachable.test(output))
    return "the npm registry cannot be reached: check the network and 'npm config get registry' and 'npm config get proxy'.";
  return "'npm install' failed.";
}

/** Why packages are not there though npm ended well; `missing` are their paths in the project's folder. */
export function whyLeftOut(missing, folder) {
  const what = missing.length > 0 ? `npm left out ${missing.join(', ')}` : 'npm did not come to its end';
  return `${what}, and did not say why. Most often there is no room on the disk: make room for half a gigabyte in ${folder}. Else the npm registry may lack a package for this platform: 'npm config get registry'.`;
}

/** What apt's words mean for a person, and what to do. */
export function whyAptFailed(output, packages) {
  const asked = packages.join(' ');
  if (full.test(output))
    return `there is no room on the disk for the Debian packages ${asked}: make room in /usr and /var ('apt-get clean' takes away what apt keeps of packages).`;
  if (noMirror.test(output))
    return `the mirror of Debian packages cannot be reached, so apt could not install ${asked}: check the network and /etc/apt/sources.list.`;
  return `apt could not install ${asked}:`;
}

/** What an error of the file system means for a person; undefined of another. `folder` is the project's. */
export function whyNotWritten({ code, path }, folder) {
  if (code === 'ENOSPC')
    return `there is no room on the disk that ${folder} is on: make room for half a gigabyte there.`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path ?? folder} cannot be written (${code}): the project's folder must belong to who runs this.`;
  return undefined;
}
