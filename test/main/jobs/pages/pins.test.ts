import { beforeAll, describe, expect, test } from 'vitest';
import { jobsCommand } from '../../../../main/commands/jobs/jobs.ts';
import { aServer } from '../fixtures/a-server.ts';
import { shellOf } from '../fixtures/a-shell.ts';
import { dataFolder } from '../fixtures/three-databases.ts';
import { type Visitor, visitorWith } from './visitor.ts';

const server = aServer();
const shell = shellOf(server, dataFolder());
let admin: Visitor;
beforeAll(async () => {
  admin = await visitorWith(server().url, server().token);
});

const aJob = (name: string, labels: string[] = []) => server().admin.submit({ type: 't', name, labels });
const listed = async (options: Record<string, unknown>) =>
  (await shell(jobsCommand, ['list'], options)).printed;

describe('on the page', () => {
  test('a job is pinned and unpinned, and what is pinned is shown', async () => {
    const [id, other] = [await aJob('to be kept'), await aJob('not kept')];
    const page = `/jobs/${id}`;
    expect((await admin.get(page)).text).not.toContain('however old it gets</dd>');
    expect((await admin.send(`${page}/pin`, {}, page)).to).toBe(`${page}?done=pinned`);
    expect((await server().admin.job(id)).pinned).toBe(true);
    expect((await admin.get(`${page}?done=pinned`)).text).toMatch(
      /The job is pinned[\s\S]*pinned<\/a>, however old it gets[\s\S]*>Unpin</,
    );
    expect((await admin.get('/jobs')).text).toMatch(/to be kept[\s\S]*>pinned<\/a>/);
    const { text } = await admin.get('/jobs?pinned=true');
    expect(text).toContain('to be kept');
    expect(text).not.toContain(other);
    await admin.send(`${page}/unpin`, {}, page);
    expect((await server().admin.job(id)).pinned).toBe(false);
    expect((await admin.get('/jobs?pinned=true')).text).toContain('No job is like this.');
  });

  test('by nobody who may only read', async () => {
    const id = await aJob('read only');
    const reader = await visitorWith(server().url, (await server().admin.makeToken('r', 'read')).token);
    expect((await reader.send(`/jobs/${id}/pin`, {}, '/jobs')).status).toBe(403);
    expect((await reader.get(`/jobs/${id}`)).text).not.toContain('/pin"');
  });

  test('a job that is not there is told as that', async () => {
    expect((await admin.send('/jobs/none/pin', {}, '/jobs')).status).toBe(404);
  });
});

describe('jobs list', () => {
  test('takes those of a label, of a submitter, and what is pinned', async () => {
    const token = (await server().admin.makeToken('alice', 'submit')).token;
    const id = await aJob('with a label', ['gpu']);
    const [by] = [(await server().admin.job(id)).submitter];
    await shell(jobsCommand, ['pin', id], {}, token);
    expect(await listed({ label: 'gpu' })).toMatch(/^ID.*\n.*with a label.*\n$/);
    expect(await listed({ label: 'none' })).not.toContain('with a label');
    expect(await listed({ submitter: by })).toContain('with a label');
    expect(await listed({ submitter: 'alice' })).not.toContain('with a label');
    expect(await listed({ pinned: true })).toMatch(/^ID.*\n.*with a label.*\n$/);
    expect((await shell(jobsCommand, ['show', id])).printed).toContain('pinned: kept');
    await expect(listed({ label: ['gpu', 'fast'] })).rejects.toThrow('--label is given twice');
  });
});
